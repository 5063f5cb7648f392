// The pages with messages: what is typed is kept, what is read is told, and
// what is said arrives.
import "./mention";
import "./write";
import "./thread";
