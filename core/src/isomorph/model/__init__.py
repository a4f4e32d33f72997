"""A model as data: its modules, its routes, and what it says about its inputs. Nothing in it is loaded."""
