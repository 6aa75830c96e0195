"""The law of warm answers, on a lab host with a real dockerd: the guard's answer is the cold answer but for times."""
