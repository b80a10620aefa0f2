"""What the kept examples say as a whole: suspicion, conflicts, quality, prompts, passages, spot checks."""
