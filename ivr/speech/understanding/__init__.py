"""What a sentence asks for: which document or service, what about it, and how likely that is.

A vocabulary that supervisors write (`kosakata.yaml` beside the flows) says how citizens name documents and ask
questions; `meaning` finds them in a sentence, `certainty` says how likely the finding is right, `understand` what it
means at a menu.
"""
