-- People by what they are called, whatever its case: whom a text names is found by it.
CREATE INDEX persons_called ON persons (LOWER(name));
