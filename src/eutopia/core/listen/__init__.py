"""Listen: intake, duplicates, routing, deadlines, redaction of personal data."""
