// The pages of files, beside the script of every page.
import "./tray";
import "./pick";
import "./stay";
import "./choose";
