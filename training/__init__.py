"""How the Indonesian recogniser in `models/id-telephony` was made. See docs/training.md."""
