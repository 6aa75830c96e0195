"""Logs: of containers, and of the kernel."""

from tests.pasted.readings import host_in, keys_in, recognised_in


def test_a_container_s_log_is_told_and_becomes_no_reading() -> None:
    text = "$ docker logs -f web\nnet.ipv4.ip_forward = 0\n* Running on http://0.0.0.0:5000\n$ docker ps"
    assert recognised_in(text)[0] == "docker logs"
    assert keys_in(text) == ()


def test_the_kernel_s_lines_about_the_network() -> None:
    text = "[ 4893.1] IPv4: martian source 10.0.0.5 from 10.8.0.5, on dev eth0\n[ 4893.2] usb 1-1: new device\n"
    assert host_in(text).klog == ("[ 4893.1] IPv4: martian source 10.0.0.5 from 10.8.0.5, on dev eth0",)
