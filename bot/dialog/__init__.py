"""What commands and buttons share: who asks, how words are read, how answers are put."""
