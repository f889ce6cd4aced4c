"""What may go out: small numbers withheld or recoded, and held against every earlier release."""
