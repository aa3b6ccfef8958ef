"""A model endpoint for this machine: speaks Bedrock's Converse and InvokeModel, answers by rules, and can misbehave."""
