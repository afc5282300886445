"""How well `trustdelta discover` finds planted differences, and how often it claims one where there is none."""
