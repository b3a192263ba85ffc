"""How much Grad-CAM through a spiking network depends on the surrogate gradient (claim C2)."""
