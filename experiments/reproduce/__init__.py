"""The audit audited: miniature models grown, converted and audited, and what the audits found held to what is true."""
