"""What goes over the wire, both ways: plain values that both programs build and read.

Readers take what they know and ignore the rest, so fields can be added within `/v1`. A value of the
wrong shape raises ValueError, and the client treats such an answer as not ours.
"""
