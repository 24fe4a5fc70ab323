"""The kit: all that a class needs with no internet, as one folder; and the parts of kind that it is made of."""
