"""The pages of a release: complete without JavaScript, written once a language from one set of figures."""
