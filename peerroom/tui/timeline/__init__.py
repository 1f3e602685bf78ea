"""The conversation on the line API: a window of messages, laid out only where one looks."""
