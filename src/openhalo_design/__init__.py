"""How pages look, as data: templates that a release, the web application and letters share, styles, fonts, scripts."""
