"""Surveys: what the people who were asked say, weighted to the people who live there."""
