mod host_deliver;
mod host_lab;
mod host_life;
mod host_view;
mod repaint;
