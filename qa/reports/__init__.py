"""A Report for people and for machines: terminal, JUnit, one HTML file. Reports compute no figures."""
