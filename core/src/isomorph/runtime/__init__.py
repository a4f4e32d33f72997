"""From a model and a backend to numbers: plan, runners, pipeline."""
