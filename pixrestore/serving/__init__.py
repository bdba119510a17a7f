"""The server: photos over HTTP for programs, and a page for people."""
