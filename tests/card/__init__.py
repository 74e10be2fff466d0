"""The card host on real parts: pcscd, OpenSC, SoftHSM2, a virtual card, the real window."""
