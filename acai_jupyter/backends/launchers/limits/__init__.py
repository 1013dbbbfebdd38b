"""Ways of holding a job to its resources: which of them this machine allows is found out by trying."""
