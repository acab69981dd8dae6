"""How the shipped bilingual encoder is made, end to end; one module per stage."""
