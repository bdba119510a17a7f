"""Networks: built from the name of an architecture, and measured by trying them."""
