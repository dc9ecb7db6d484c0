"""What happened in the call: spoken text and matching, conversation facts, sentiment, complaints, PII."""
