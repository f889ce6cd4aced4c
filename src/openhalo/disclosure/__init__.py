"""What may go out: policy, recoded incident files, withheld cells, and the attack that tries them."""
