"""What keeps people safe: helplines, rules, and the words around them."""
