"""Which page of the book shows what: the one place that says so.

Names are those of built pages: one made from a template is a notebook in the book, and a Markdown file here.
"""

PAGES = {  # suite, kind of study or subject -> the page
    "distributions": "notebooks/04_distributions.ipynb",
    "faithfulness": "notebooks/05_reliability.ipynb",
    "surrogate": "notebooks/05_reliability.ipynb",
    "ranges": "notebooks/06_ranges.ipynb",
    "components": "notebooks/07_components.ipynb",
    "map-losses": "notebooks/08_map_losses.ipynb",
    "noise": "notebooks/09_noise.ipynb",
    "scaling": "notebooks/10_scaling.ipynb",
    "stage": "notebooks/11_stage.ipynb",
    "rivals": "notebooks/12_rivals.ipynb",
    "timesteps": "notebooks/13_timesteps.ipynb",
    "energy": "notebooks/14_energy.ipynb",
    "landscape": "notebooks/15_landscape.ipynb",
    "released": "notebooks/16_released.ipynb",
    "without-samd": "notebooks/16_released.ipynb",
    "weights": "notebooks/17_weights.ipynb",
    "gradients": "notebooks/18_theory.ipynb",
    "conditions": "notebooks/19_conditions.ipynb",
    "spikformer": "notebooks/20_spikformer.ipynb",
    "events": "notebooks/21_events.ipynb",
    "simulated": "notebooks/21_events.ipynb",
    "imagenet": "notebooks/22_imagenet.ipynb",
    "evidence": "notebooks/23_resnet20.ipynb",
    "gpu": "notebooks/24_resnet19.ipynb",
    "precision": "notebooks/25_precision.ipynb",
}
