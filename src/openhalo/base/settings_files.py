"""What a site's settings files are called, for messages that point to one; `sites.layout` says where they stand."""

SETTINGS = "agency.yaml"
PLAN = "analysis_plan.yaml"
POLICY = "disclosure.yaml"
GOVERNANCE = "governance.yaml"
