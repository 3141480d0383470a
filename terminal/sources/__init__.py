"""Where scans come from: one framing for all of them, the keyboard, the serial port, a script file."""
