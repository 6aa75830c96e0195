"""What is asked: ``target`` reads TARGET and WHERE, ``standpoints`` are the clients that a host has, ``flows`` what a
question means on a network, ``outside`` the stated world.
"""
