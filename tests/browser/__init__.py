"""The pages in a real Chromium, over a real server; `script/test-browser` runs these."""
