"""From what the caller passed to token ids: checked, prompted, tokenised once, cut to length."""
