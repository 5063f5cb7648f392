package account

// CheapPasswords lets passwords of this process cost next to nothing to hash, and
// to guess: for tests of something else. No program calls it.
func CheapPasswords() { argonNow = argonParams{memory: 64, passes: 1, threads: 1} }
