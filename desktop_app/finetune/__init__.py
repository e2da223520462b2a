"""Fine-tuning before and after torch: from documents to a run folder, and from a trained run to a proved adapter."""
