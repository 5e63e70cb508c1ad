"""The sources room: reads one outside file and knows no database."""
