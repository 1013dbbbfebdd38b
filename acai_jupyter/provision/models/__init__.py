"""Models that predict how long a job runs. This is the only room that loads NumPy, SciPy and scikit-learn."""
