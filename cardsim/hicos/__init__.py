"""A PKCS#11 module with the habits of the HiCOS driver around SoftHSM2, and faults to switch while it runs."""
