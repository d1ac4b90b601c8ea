mod repaint;
