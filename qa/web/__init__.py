"""The chat in the browser: passages, article view, feedback. The only door to gradio."""
