mod host_deliver;
mod host_lab;
mod host_life;
mod repaint;
