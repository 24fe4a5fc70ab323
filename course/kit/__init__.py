"""The kit: all that a class needs with no internet, as one folder; and the parts of kind that it is made of."""

VARIABLE = "KUBELAB_KIT"
"""Names the folder of the kit in use, for this process and all that it starts."""
