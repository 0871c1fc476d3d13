"""Listen: intake, duplicates, deadlines, redaction of personal data."""
