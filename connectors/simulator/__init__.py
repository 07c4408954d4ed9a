"""The stand-in city: departmental systems speaking their real protocols; never imported by product code."""
