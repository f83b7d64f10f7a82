"""For an appeal: a grade explained case by case, a receipt of it, and its proof."""
