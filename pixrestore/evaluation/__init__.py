"""How good models are: photos damaged, restored, and compared with the originals."""
