"""The screens: Textual for the loop, the screen stack and the driver; rows of text laid out by plain functions."""
