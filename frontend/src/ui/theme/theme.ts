import { createTheme } from '@mantine/core'

/**
 * Sizes and habits of the parts. Colours live in tokens.css, because the page's content policy forbids inline styles;
 * for the same reason dialogs do not lock the scroll, which Mantine does with a style element.
 */
export const theme = createTheme({
  primaryColor: 'blue',
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Button: { defaultProps: { size: 'sm' } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        // Its <header> would count as a second banner of the page.
        attributes: { header: { role: 'presentation' } },
        lockScroll: false,
        centered: true,
        transitionProps: { duration: 120 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } } },
  },
})
