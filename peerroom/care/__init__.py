"""What keeps people safe: helplines, rules, and the words around them.

Values here are named tuples, not dataclasses: defining one costs a tenth of the time, and the
panic screen has 15 ms in all until it can be read.
"""
